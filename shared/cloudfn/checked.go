package cloudfn

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
)

// signatureRemoved stands in the place of a token's signature once Cloud Run has checked it: what
// reaches a function that is not public cannot be used against another
// (https://cloud.google.com/run/docs/authenticating/service-to-service).
const signatureRemoved = "SIGNATURE_REMOVED_BY_GOOGLE"

// checkedBefore returns a check of tokens for a function that nobody calls whom Cloud Run has not
// let in. A token that still has its signature is validated. Of one that Cloud Run has taken the
// signature from, the audience and the times are looked at; that is all that is left to see.
//
// Who may call is then what IAM says: a function that was made public by mistake would believe
// anybody who writes these words. Terraform's tests hold that none is.
func checkedBefore(validate func(ctx context.Context, token, audience string) (*idtoken.Payload, error), now func() time.Time) func(ctx context.Context, token, audience string) (*idtoken.Payload, error) {
	return func(ctx context.Context, token, audience string) (*idtoken.Payload, error) {
		if !strings.HasSuffix(token, "."+signatureRemoved) {
			return validate(ctx, token, audience)
		}
		p, err := idtoken.ParsePayload(token)
		switch at := now().Unix(); {
		case err != nil:
			return nil, errors.New("it is no token") // the cause may quote it
		case p.Audience != audience:
			return nil, errors.New("the token is for another audience")
		case at >= p.Expires:
			return nil, errors.New("the token has expired")
		}
		return p, nil
	}
}
