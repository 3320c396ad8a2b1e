// Package service is what a program owes to who runs it: the sockets that a
// service manager hands over ([Sockets]), word of when it is ready and when it
// stops ([Manager]), and an answer to whether it still serves ([Health]).
//
// The manager is systemd, or what speaks as it does. Where there is none, all of
// this does nothing.
package service
