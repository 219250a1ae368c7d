package contract

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// GoogleClients is the module of Google's generated clients. The discovery document from which
// each was generated lies beside it.
const GoogleClients = "google.golang.org/api"

// LoadGoogleClients reads discovery documents out of the module of Google's own clients, by
// their paths in it, such as storage/v1/storage-api.json. It needs no folder of descriptions,
// but the go command and the module, which whoever builds the clients has.
func LoadGoogleClients(paths ...string) (*Google, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", GoogleClients).Output()
	if err != nil {
		return nil, fmt.Errorf("find module %s: %w", GoogleClients, err)
	}
	folder := strings.TrimSpace(string(out))
	g := &Google{}
	for _, path := range paths {
		data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
		if err != nil {
			return nil, fmt.Errorf("read discovery document: %w", err)
		}
		d, err := parseDiscovery(path, data)
		if err != nil {
			return nil, err
		}
		g.documents = append(g.documents, d)
	}
	return g, nil
}

// LoadGoogleCloud reads the descriptions of the APIs by which access to Google Cloud is given:
// those of Storage and BigQuery from Google's clients, the others from the folder of
// descriptions, or from the clients too where that is nil.
func LoadGoogleCloud(specs fs.FS) (*Google, error) {
	g, err := LoadGoogleClients("storage/v1/storage-api.json", "bigquery/v2/bigquery-api.json")
	if err != nil {
		return nil, err
	}
	var rest *Google
	if specs != nil {
		rest, err = LoadGoogle(specs, "cloudresourcemanager.v3.cloudresourcemanager", "iamcredentials.v1.iamcredentials", "cloudidentity.v1.cloudidentity")
	} else {
		rest, err = LoadGoogleClients(
			"cloudresourcemanager/v3/cloudresourcemanager-api.json", "iamcredentials/v1/iamcredentials-api.json", "cloudidentity/v1/cloudidentity-api.json")
	}
	if err != nil {
		return nil, err
	}
	g.documents = append(g.documents, rest.documents...)
	return g, nil
}
