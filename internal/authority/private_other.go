//go:build !unix

package authority

import "io/fs"

// Windows keeps others from a user's folders by lists that are inherited, and
// has no mode that would tell.
func isOpenToOthers(fs.FileInfo) bool { return false }

func checkOwner(fs.FileInfo) error { return nil }

func syncFolder(string) {}
