// Package zipsite serves what is in a zip archive from where it lies.
//
// It decides which entries of an archive are files and folders, and by what
// names. The directory of the archive is read once and kept as an index; content
// is read when it is asked for, decoded piece by piece, and never held. Nothing
// is ever written, and no name in an archive becomes that of a file on disk.
//
// What an archive holds compressed is there in coded form as well, byte for byte
// as it lies: beside a deflated "app.js", the file system has "app.js.gz", and
// beside one compressed by Zstandard, "app.js.zst". A [fileserver.Server] finds
// them like any such file beside another, and negotiates. Folders do not list
// them, but they can be asked for by name: [io/fs] does not tell a look for the
// coded form from one for the file itself, and they give away nothing that the
// file does not.
package zipsite
