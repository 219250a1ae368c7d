package idle

import (
	"encoding/json"
	"fmt"
)

// Made is what a request for an account has come to. It is kept as the result of its change.
type Made struct {
	// Account is the account's id in its system.
	Account string `json:"account"`
	// Withheld are the roles that a stopped account had and that were not given back with it.
	Withheld []string `json:"withheld,omitempty"`
}

// DecodeMade reads the result of a request's change; one that has none yet has made nothing.
func DecodeMade(result json.RawMessage) (Made, error) {
	if len(result) == 0 {
		return Made{}, nil
	}
	var m Made
	if err := json.Unmarshal(result, &m); err != nil {
		return Made{}, fmt.Errorf("decode what a request for an account made: %w", err)
	}
	return m, nil
}
