package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func packed(t *testing.T, files map[string]string) string {
	t.Helper()
	var content bytes.Buffer
	zipped := gzip.NewWriter(&content)
	entries := tar.NewWriter(zipped)
	for name, text := range files {
		if err := entries.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := entries.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := entries.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pond-1.2.3+a.tgz")
	if err := os.WriteFile(path, content.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every blob is what its digest says, and the index leads to all of them.
func TestTheLayoutHoldsPackageAndProvenance(t *testing.T) {
	chart := packed(t, map[string]string{
		"pond/charts/fish/Chart.yaml": "name: fish\n",
		"pond/Chart.yaml":             "apiVersion: v2\nname: pond\nversion: 1.2.3+a\ndescription: A pond.\n",
	})
	if err := os.WriteFile(chart+".prov", []byte("signed"), 0o644); err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	digest, err := write(chart, directory)
	if err != nil {
		t.Fatal(err)
	}
	read := func(named descriptor) []byte {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(directory, "blobs", "sha256", named.Digest[len("sha256:"):]))
		if err != nil || len(content) != named.Size || fmt.Sprintf("sha256:%x", sha256.Sum256(content)) != named.Digest {
			t.Fatalf("%v: %v", named, err)
		}
		return content
	}
	text, err := os.ReadFile(filepath.Join(directory, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Manifests []descriptor }
	if err := json.Unmarshal(text, &index); err != nil || len(index.Manifests) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	named := index.Manifests[0]
	if tag := named.Annotations["org.opencontainers.image.ref.name"]; tag != "1.2.3_a" || named.Digest != digest {
		t.Errorf("%s, %v", tag, named)
	}
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	if err := json.Unmarshal(read(named), &manifest); err != nil {
		t.Fatal(err)
	}
	var about metadata
	if err := json.Unmarshal(read(manifest.Config), &about); err != nil || about.Name != "pond" {
		t.Errorf("%v, %v", about, err)
	}
	if len(manifest.Layers) != 2 || string(read(manifest.Layers[1])) != "signed" || manifest.Layers[0].MediaType != chartType {
		t.Errorf("%v", manifest.Layers)
	}
	read(manifest.Layers[0])
}

func TestWhatIsNoChartIsAnError(t *testing.T) {
	if _, err := write(packed(t, map[string]string{"pond/values.yaml": "a: 1\n"}), t.TempDir()); err == nil {
		t.Error("a package without Chart.yaml was taken")
	}
}
