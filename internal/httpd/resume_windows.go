package httpd

// resumes: the system does not tell how much of a write that was broken off it
// has sent, so none can go on.
const resumes = false

// maxWrite bounds a single write, which has to be taken whole within the
// patience.
const maxWrite = 64 << 10
