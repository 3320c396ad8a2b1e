// Package trial puts the program through what it meets in years: load, floods,
// faults of disks and logs, and others of its kind beside it. It has tests only,
// each of which runs the real program. Those that take long are left out with
// -short.
package trial
