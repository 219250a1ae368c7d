package handover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file keeps what can be asked for, as the vendor listed it last.

// Destination is a group at the vendor in which connections are made.
type Destination struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Destinations are all of them at the time of one reading, sorted by name.
type Destinations struct {
	List []Destination `json:"list"`
	Read time.Time     `json:"read"`
}

// Service is what the vendor said of one service at the time of one reading.
type Service struct {
	Name string `json:"name"`
	// Known is false where the vendor does not have the service.
	Known  bool               `json:"known"`
	Fields []connection.Field `json:"fields,omitempty"`
	Read   time.Time          `json:"read"`
}

var (
	destinations = store.Collection[Destinations]{Name: "destinations"}
	services     = store.Collection[Service]{Name: "services"}
)

// allDestinations is the id of the one record of its collection.
const allDestinations = "all"

// Destinations returns the destinations that were read last; an empty list where none were read
// yet.
func (s *Shelf) Destinations(ctx context.Context) (Destinations, error) {
	d, err := destinations.Get(ctx, s.store, allDestinations)
	if errors.Is(err, store.ErrNotFound) {
		return Destinations{}, nil
	}
	if err != nil {
		return Destinations{}, fmt.Errorf("read the destinations: %w", err)
	}
	return d, nil
}

// PutDestinations keeps a reading of the destinations.
func (s *Shelf) PutDestinations(ctx context.Context, list []Destination) error {
	err := s.store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return destinations.Put(tx, allDestinations, Destinations{List: list, Read: s.now()})
	})
	if err != nil {
		return fmt.Errorf("keep the destinations: %w", err)
	}
	return nil
}

// Service returns what was read last of a service. The boolean is false where it was not read yet.
func (s *Shelf) Service(ctx context.Context, name string) (Service, bool, error) {
	v, err := services.Get(ctx, s.store, name)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return Service{}, false, nil
	}
	if err != nil {
		return Service{}, false, fmt.Errorf("read the settings of %s: %w", name, err)
	}
	return v, true, nil
}

// PutService keeps a reading of a service. One that the vendor does not have is kept as that.
func (s *Shelf) PutService(ctx context.Context, name string, known bool, fields []connection.Field) error {
	err := s.store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return services.Put(tx, name, Service{Name: name, Known: known, Fields: fields, Read: s.now()})
	})
	if err != nil {
		return fmt.Errorf("keep the settings of %s: %w", name, err)
	}
	return nil
}
