// Package metrics counts what a server answers, in the form that Prometheus
// reads.
//
// What a client sends never becomes a label: there is a series for each known
// method and class of status, and "other" for the rest, so that nobody can fill
// the memory of the server, or of who collects the numbers.
package metrics
