package main

import (
	"context"
	"errors"
	"io"
)

func serve(context.Context, []string, io.Writer, io.Writer) error {
	return errors.New("use run FILE.txtar…")
}
