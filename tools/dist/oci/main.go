// Command oci writes an image as an OCI layout, with one layer for each architecture. The same input gives the same bytes.
//
//	oci LAYOUT CONFIG.json NAME VERSION REVISION TIME ARCHITECTURE=LAYER.tar…
package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const label = "org.opencontainers.image."

func main() {
	log.SetFlags(0)
	if len(os.Args) < 8 {
		log.Fatal("usage: oci LAYOUT CONFIG.json NAME VERSION REVISION TIME ARCHITECTURE=LAYER.tar…")
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3:7], os.Args[7:]); err != nil {
		log.Fatal("oci: ", err)
	}
}

func write(folder, configPath string, about, layers []string) error {
	name, version := about[0], about[1]
	created, err := time.Parse(time.RFC3339, about[3])
	if err != nil {
		return err
	}
	config, err := readConfig(configPath)
	if err != nil {
		return err
	}
	for key, value := range map[string]string{"version": version, "revision": about[2], "created": about[3]} {
		config.Labels[label+key] = value
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, one := range layers {
		architecture, file, _ := strings.Cut(one, "=")
		image, err := build(config, created, architecture, file)
		if err != nil {
			return err
		}
		platform := v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: platform})
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	// Podman takes the first for the whole name, others the second for the tag.
	names := map[string]string{"io.containerd.image.name": fmt.Sprintf("localhost/%s:%s", name, version), label + "ref.name": version}
	return path.AppendIndex(index, layout.WithAnnotations(names))
}

func readConfig(path string) (v1.Config, error) {
	var config v1.Config
	text, err := os.ReadFile(path)
	if err != nil {
		return config, err
	}
	return config, json.Unmarshal(text, &config)
}

func build(config v1.Config, created time.Time, architecture, file string) (v1.Image, error) {
	layer, err := tarball.LayerFromFile(file, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	history := v1.History{Created: v1.Time{Time: created}, CreatedBy: "tools/dist/image"}
	image, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: history, MediaType: types.OCILayer})
	if err != nil {
		return nil, err
	}
	about, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	about = about.DeepCopy()
	about.Created, about.OS, about.Architecture, about.Config = v1.Time{Time: created}, "linux", architecture, config
	return mutate.ConfigFile(image, about)
}
