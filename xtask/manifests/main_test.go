package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

var want = regexp.MustCompile(`(?m)^# want: (.+)$`)

// Each manifest in testdata/wrong.yaml has its fault found.
func TestFaultsAreFound(t *testing.T) {
	if err := define("testdata/definitions"); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err := documents("testdata/wrong.yaml", func(document []byte) {
		seen++
		wanted := want.FindSubmatch(document)
		if wanted == nil {
			t.Fatalf("no `# want:` in\n%s", document)
		}
		name, errs := check(document)
		if found := errors.Join(errs...); found == nil || !strings.Contains(found.Error(), string(wanted[1])) {
			t.Errorf("%s: wanted %q, found %v", name, wanted[1], found)
		}
	})
	if err != nil || seen != 15 {
		t.Errorf("%d manifests, %v", seen, err)
	}
}
