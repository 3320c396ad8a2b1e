// Package confine decides what the process may still do once it serves, and has
// the kernel hold it to that: files by landlock, listening by seccomp, and
// privileges by no_new_privs. A process that root started becomes somebody else.
//
// It adds to what is confined elsewhere, and replaces none of it. The kernel
// looks at opening, writing, making, moving and removing files. Whether a file
// is there, its size and times, and changes of mode, owner and time are no
// business of landlock. What is open already stays open.
//
// To the kernel, a folder is what it is now, not what has its name: one that is
// removed and made anew may not be read any more, unless the plan names a folder
// above it. See [Permanent].
package confine
