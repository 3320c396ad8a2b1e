// Package lan tells by which addresses others can open what is served here,
// and draws the QR code of one of them.
//
// It decides which addresses those are, and in what order a user wants to see
// them. It sends nothing to anybody: what is known of the network is what the
// system says of itself.
package lan
