package connection_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

func TestEveryStateHasAWordOfTheVendor(t *testing.T) {
	for _, s := range connection.States() {
		want := "incomplete"
		switch s {
		case connection.Connected, connection.Tested, connection.Running, connection.Done:
			want = "connected"
		case connection.Failed, connection.Broken:
			want = "broken"
		case connection.Ended:
			want = "ended"
		}
		if got := s.Setup(); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}
