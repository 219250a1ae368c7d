package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// memoryVersion is the form of the state file. Another one is not read.
const memoryVersion = 1

// memoryFor is how long what was read is good for. After that a run begins anew.
const memoryFor = 24 * time.Hour

// memory is what was read of a tenant. A listing is in it whole or not at all; of groups it has
// those that were read so far.
type memory struct {
	Version int       `json:"version"`
	Tenant  string    `json:"tenant"`
	Began   time.Time `json:"began"`
	// People and Groups are nil until they are listed.
	People []group.Person `json:"people"`
	Groups []group.Group  `json:"groups"`
	// Secure has, for each anchor that was asked about, the ids of the groups that it is a direct
	// member of.
	Secure map[string][]string `json:"secure"`
	// Settings and Members are by the group's id.
	Settings map[string]map[string]string `json:"settings"`
	Members  map[string][]group.Member    `json:"members"`
	// Gone are the ids of groups that were deleted between the listing and their reading.
	Gone map[string]bool `json:"gone"`
	// Accounts are by their system.
	Accounts map[string]listing `json:"accounts"`
}

// listing is all accounts of one system.
type listing struct {
	Accounts []idle.Account `json:"accounts"`
	Reading  idle.Reading   `json:"reading"`
}

func newMemory(tenant string, now time.Time) *memory {
	return &memory{
		Version: memoryVersion, Tenant: tenant, Began: now, Secure: map[string][]string{}, Settings: map[string]map[string]string{},
		Members: map[string][]group.Member{}, Gone: map[string]bool{}, Accounts: map[string]listing{},
	}
}

// present lists the groups that were not gone when they were read.
func (m *memory) present() []group.Group {
	var out []group.Group
	for _, g := range m.Groups {
		if !m.Gone[g.ID] {
			out = append(out, g)
		}
	}
	return out
}

// errOtherTenant says that a state file is of another tenant.
var errOtherTenant = errors.New("the state file is of another tenant")

// loadMemory reads what an earlier run remembered; it begins anew where there is nothing, or
// something too old. The boolean says that there was something.
func loadMemory(path, tenant string, now time.Time) (*memory, bool, error) {
	fresh := newMemory(tenant, now)
	if path == "" {
		return fresh, false, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read state: %w", err)
	}
	old := newMemory(tenant, now)
	if err := json.Unmarshal(data, old); err != nil {
		return nil, false, fmt.Errorf("read state %s: %w", path, err)
	}
	if old.Version != memoryVersion || now.Sub(old.Began) > memoryFor || old.Began.After(now) {
		return fresh, false, nil
	}
	if old.Tenant != tenant {
		return nil, false, fmt.Errorf("%s: %w: %s, and this is %s", path, errOtherTenant, old.Tenant, tenant)
	}
	return old, true, nil
}

// save writes the memory so that a run which is killed at any instant leaves the old file or the
// new one, never a part. It holds addresses of people: only the owner may read it.
func (m *memory) save(path string) error {
	if path == "" {
		return nil
	}
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := writeFile(path, data); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// writeFile replaces a file as a whole.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
