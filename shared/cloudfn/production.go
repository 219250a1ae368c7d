package cloudfn

import (
	"context"
	"errors"
)

// Production returns the platform on Google Cloud: Firestore, Pub/Sub and Cloud Tasks, as the
// environment configures them.
func Production(context.Context, string) (*Env, error) {
	return nil, errors.New("the adapters of Google Cloud are not linked in")
}
