package serve

import (
	"embed"
	"io/fs"
	"net/http"
)

// lookFiles are what all pages look like.
//
//go:embed look
var lookFiles embed.FS

var look = http.FileServerFS(lookFiles)

// Pages serves the folder "page" of an example's embedded files.
func Pages(files fs.FS) http.Handler {
	sub, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return http.FileServerFS(sub)
}
