// Package authority makes the certificates that a user's devices can trust: an
// authority of the user's own, which a device is told to trust once, and a leaf
// for the names and addresses that this machine has at the moment.
//
// What the authority can vouch for is bounded by name constraints: private
// addresses, localhost, .local, and the name of the host that it was made on.
// Who steals its key can speak for those, and for nothing else.
//
// The constraints of a certificate that a device trusts by itself may be
// ignored (RFC 5280, 6.2), and Java and older browsers do so. So there are two:
// the root, which devices trust, and the issuer below it, which signs. Both have
// the same constraints. The key of the root signs the issuer and is forgotten;
// it is never written to disk.
//
// It never gives a private key away, and never prints: what the user is to be
// told, the caller gets as errors and notices.
package authority
