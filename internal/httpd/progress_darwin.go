package httpd

const tcpNotSentLowat = 0x201 // TCP_NOTSENT_LOWAT in netinet/tcp.h
