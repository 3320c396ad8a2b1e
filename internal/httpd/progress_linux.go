package httpd

const tcpNotSentLowat = 0x19 // TCP_NOTSENT_LOWAT in linux/tcp.h
