package repotest

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// registries are host names of package registries, cut in two so that this file does not name them either. Where packages come from
// is the affair of whoever builds.
var registries = []string{
	"registry." + "npmjs.org", "registry." + "yarnpkg.com", "registry." + "npmmirror.com", "npm." + "jsr.io",
	"proxy." + "golang.org", "sum." + "golang.org", "goproxy." + "io", "goproxy." + "cn",
	"deb." + "debian.org", "pypi." + "org", "files." + "pythonhosted.org",
}

var resolved = regexp.MustCompile(`"resolved"\s*:\s*"[a-z+]+:`)

// named returns the registries and download addresses that a file names.
func named(content string) []string {
	var found []string
	for _, host := range registries {
		if strings.Contains(content, host) {
			found = append(found, host)
		}
	}
	if address := resolved.FindString(content); address != "" {
		found = append(found, address)
	}
	return found
}

func TestNothingSaysWhereToDownload(t *testing.T) {
	root := root(t)
	for _, file := range files(t, root, func(string) bool { return true }) {
		content := read(t, root, file)
		if bytes.IndexByte([]byte(content), 0) < 0 {
			assert.Empty(t, named(content), file)
		}
	}
}

func TestLockFilesStayWithoutAddresses(t *testing.T) {
	root := root(t)
	for _, lock := range files(t, root, func(p string) bool { return path.Base(p) == "package-lock.json" }) {
		npmrc := path.Join(path.Dir(lock), ".npmrc")
		assert.Contains(t, read(t, root, npmrc), "omit-lockfile-registry-resolved=true", "or npm writes them back into %s", lock)
	}
}

func TestNamed(t *testing.T) {
	assert.Empty(t, named(`{"resolved": "client-js", "integrity": "sha512-x"}`))
	assert.NotEmpty(t, named(`{"resolved": "ht`+`tps://example.com/x.tgz"}`))
	assert.NotEmpty(t, named("see "+registries[0]))
}
