package world_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folderOf returns a folder with one policy file.
func folderOf(policy []byte) fs.FS { return fstest.MapFS{"policy.yaml": {Data: policy}} }
