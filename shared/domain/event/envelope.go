package event

import (
	"encoding/json"
	"fmt"
)

// Envelope is the body of a task or of a scheduler's call: a payload with its type. A message
// on the bus has the same two as attribute and data.
type Envelope struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// Seal returns a payload in its envelope, encoded.
func Seal(p Payload) ([]byte, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", p.Type(), err)
	}
	body, err := json.Marshal(Envelope{Type: p.Type(), Data: data})
	if err != nil {
		return nil, fmt.Errorf("encode envelope of %s: %w", p.Type(), err)
	}
	return body, nil
}
