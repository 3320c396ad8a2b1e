package store

// cannotSync reports whether err says that folders are not synchronised here:
// Windows never does.
func cannotSync(error) bool { return true }
