module github.com/gserve/gserve

go 1.26

require github.com/gabriel-vasile/mimetype v1.4.16 // indirect
