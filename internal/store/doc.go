// Package store writes into the tree that is served.
//
// A file is there whole or not at all, whatever happens meanwhile: it is
// written as a draft of a hidden name in the folder that it is meant for,
// synchronised with the disk, and then given its name in one step, which takes
// nothing from anybody unless overwriting is allowed. The package decides which
// names can be written, and knows nothing of HTTP.
//
// Names of files and folders are as in [fs.FS]: relative to the folder that is
// served, with slashes, "." for itself. Links on the way are followed as long
// as they stay inside (see [os.Root]); the last one never is.
package store
