// Makes an OCI image layout of a packaged chart, with its provenance where there is some: what a registry stores of
// it, so that any tool that copies images can publish it, without this machine reaching a registry.
//
// Arguments: the package (.tgz; its provenance is looked for beside it), and a directory that is made.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// As Helm names them: https://helm.sh/docs/topics/registries/
const (
	manifestType   = "application/vnd.oci.image.manifest.v1+json"
	configType     = "application/vnd.cncf.helm.config.v1+json"
	chartType      = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	provenanceType = "application/vnd.cncf.helm.chart.provenance.v1.prov"
)

// descriptor says where a blob is and what it holds.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// metadata is what of Chart.yaml the layout names.
type metadata struct {
	Name, Version, Description string
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: layout PACKAGE.tgz DIRECTORY")
		os.Exit(64)
	}
	digest, err := write(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

// write makes the layout and says the digest of its manifest.
func write(packed, directory string) (string, error) {
	chart, err := os.ReadFile(packed)
	if err != nil {
		return "", err
	}
	config, about, err := chartConfig(chart)
	if err != nil {
		return "", fmt.Errorf("%s: %w", packed, err)
	}
	blobs := filepath.Join(directory, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return "", err
	}
	var failed error
	blob := func(kind string, content []byte) descriptor {
		sum := fmt.Sprintf("%x", sha256.Sum256(content))
		failed = errors.Join(failed, os.WriteFile(filepath.Join(blobs, sum), content, 0o644))
		return descriptor{MediaType: kind, Digest: "sha256:" + sum, Size: len(content)}
	}
	layers := []descriptor{blob(chartType, chart)}
	switch provenance, err := os.ReadFile(packed + ".prov"); {
	case err == nil:
		layers = append(layers, blob(provenanceType, provenance))
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	text, err := json.Marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     manifestType,
		"config":        blob(configType, config),
		"layers":        layers,
		"annotations": map[string]string{
			"org.opencontainers.image.title":       about.Name,
			"org.opencontainers.image.version":     about.Version,
			"org.opencontainers.image.description": about.Description,
		},
	})
	if err != nil {
		return "", err
	}
	manifest := blob(manifestType, text)
	// A tag may hold no plus sign.
	tag := strings.ReplaceAll(about.Version, "+", "_")
	manifest.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}})
	if err != nil {
		return "", err
	}
	failed = errors.Join(failed,
		os.WriteFile(filepath.Join(directory, "index.json"), index, 0o644),
		os.WriteFile(filepath.Join(directory, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644))
	return manifest.Digest, failed
}

// chartConfig is the package's Chart.yaml as JSON, and what the layout names of it.
func chartConfig(chart []byte) ([]byte, metadata, error) {
	var about metadata
	unpacked, err := gzip.NewReader(bytes.NewReader(chart))
	if err != nil {
		return nil, about, err
	}
	for entries := tar.NewReader(unpacked); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil, about, errors.New("it has no Chart.yaml")
		}
		if err != nil {
			return nil, about, err
		}
		// That of the chart itself, and not of one that it contains.
		if strings.Count(entry.Name, "/") != 1 || !strings.HasSuffix(entry.Name, "/Chart.yaml") {
			continue
		}
		text, err := io.ReadAll(entries)
		if err != nil {
			return nil, about, err
		}
		config, err := yaml.YAMLToJSON(text)
		if err != nil {
			return nil, about, err
		}
		return config, about, json.Unmarshal(config, &about)
	}
}
