package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/sekisho/sekisho/scripts/local/world"
)

// source is the folder into which the buildpack moves an upload, and where the function finds
// its policy when it runs.
const source = "serverless_function_source_code"

// mainProgram is the main package that the buildpack writes beside a function.
const mainProgram = `package main

import (
	"log"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	_ "` + module + `"
)

func main() {
	if err := funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT")); err != nil {
		log.Fatal(err)
	}
}
`

// allBundles is the variable that has every bundle linked and started, which takes a minute more.
const allBundles = "SEKISHO_ALL_BUNDLES"

// Every bundle is assembled, holds what it may, and is tidy. Of those with the same libraries one is built alone, as
// the buildpack does, and started, or all of them where [allBundles] is set: without a configuration it says what is
// missing and asks to be called again; with one it knows a stranger when it sees one. In short mode one function
// stands for all.
func TestEveryBundleBuildsAndStarts(t *testing.T) {
	server := deaf(t)
	dir := t.TempDir() // the same for all, so that what they share is compiled once
	linked := map[string]bool{}
	for _, f := range world.Functions {
		name := strings.ToLower(f.Name)
		if testing.Short() && name != "groupsettings" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			files, err := assemble(t.Context(), top, filepath.Join(top, "terraform", "policy"), name)
			if err != nil {
				t.Fatal(err)
			}
			holdsOnlyItsOwn(t, name, files)
			unpackAlone(t, dir, files)
			goes(t, dir, "mod", "tidy", "-diff")
			libraries := string(files["go.sum"])
			if linked[libraries] && os.Getenv(allBundles) == "" {
				return
			}
			linked[libraries] = true
			binary := filepath.Join(dir, "main")
			goes(t, dir, "build", "-p", "2", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./functions.local/app")

			status, log := ask(t, dir, binary, "FUNCTION_TARGET="+f.Name)
			if status != http.StatusServiceUnavailable || !strings.Contains(log, "GOOGLE_CLOUD_PROJECT is not set") {
				t.Errorf("without a configuration: status %d, want 503\n%s", status, log)
			}
			environment := append(configured(t, server), "FUNCTION_TARGET="+f.Name)
			status, log = ask(t, dir, binary, environment...)
			if status < 400 || status >= 500 {
				t.Errorf("a stranger's request: status %d, want one that refuses it\n%s", status, log)
			}
			if files["policy/policy.yaml"] == nil {
				return
			}
			// The policy is read where the buildpack leaves it, or a mistake in it would do no harm.
			if err := write(filepath.Join(dir, source, "policy", "policy.yaml"), "sttings: {}\n"); err != nil {
				t.Fatal(err)
			}
			status, log = ask(t, dir, binary, environment...)
			if status != http.StatusServiceUnavailable || !strings.Contains(log, "policy.yaml:1") {
				t.Errorf("with a mistake in the policy: status %d, want 503\n%s", status, log)
			}
		})
	}
}

func holdsOnlyItsOwn(t *testing.T, name string, files map[string][]byte) {
	t.Helper()
	for file := range files {
		other := strings.HasPrefix(file, "functions/") && !strings.HasPrefix(file, "functions/"+name+"/")
		if other || strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "shared/sim/") || strings.HasPrefix(file, "scripts/") {
			t.Errorf("the bundle of %s holds %s", name, file)
		}
	}
	if bytes.Contains(files["go.mod"], []byte("modernc.org/sqlite")) {
		t.Errorf("the bundle of %s requires the embedded database", name)
	}
}

// unpackAlone puts a bundle, and the program that the buildpack writes beside it, into a folder of its own.
func unpackAlone(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	alone := filepath.Join(dir, source)
	if err := os.RemoveAll(alone); err != nil {
		t.Fatal(err)
	}
	if err := unpack(alone, files); err != nil {
		t.Fatal(err)
	}
	if err := unpack(alone, map[string][]byte{"functions.local/app/main.go": []byte(mainProgram)}); err != nil {
		t.Fatal(err)
	}
}

// goes runs the go command on an unpacked bundle without the network: what go.mod and go.sum do not name cannot be
// found. go mod tidy is what the buildpack runs first, and it must find nothing to do, or Google would choose versions
// that nobody has tested.
func goes(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join(dir, source)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args[:2], " "), err, out)
	}
}

// patience is how long a program may take to answer.
const patience = 30 * time.Second

// ask starts a program in dir, sends it a request that nobody signed, and ends it. It returns
// the answer's status and what the program wrote.
func ask(t *testing.T, dir, binary string, environment ...string) (status int, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	cmd.Env = append([]string{"PORT=" + port, "HOME=" + dir}, environment...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed below, or the test says that it gave no answer
		close(ended)
	}()
	status = answer(ctx, "http://127.0.0.1:"+port+"/", ended)
	cancel()
	<-ended
	if status == 0 {
		t.Fatalf("no answer within %s\n%s", patience, output.String())
	}
	return status, output.String()
}

// answer sends a request until the program listens or has ended.
func answer(ctx context.Context, url string, ended <-chan struct{}) (status int) {
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
		if err != nil {
			return 0
		}
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		select {
		case <-ended:
			return 0
		case <-ctx.Done():
			return 0
		case <-again.C:
		}
	}
}

// configured returns an environment with which every function starts. No credential in it opens
// anything, and no address of it is outside of this machine.
func configured(t *testing.T, server string) []string {
	t.Helper()
	credentials := filepath.Join(t.TempDir(), "credentials.json")
	const nobody = `{"type": "authorized_user", "client_id": "nobody", "client_secret": "nothing", "refresh_token": "none"}`
	if err := os.WriteFile(credentials, []byte(nobody), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"GOOGLE_APPLICATION_CREDENTIALS=" + credentials, "FIRESTORE_EMULATOR_HOST=" + server, "PUBSUB_EMULATOR_HOST=" + server,
		"GOOGLE_CLOUD_PROJECT=project", "AUDIENCE=https://function.example", "CALLERS=caller@project.example",
		"POLICY_DIR=" + source + "/policy",
		"WEBHOOK_URL=https://webhook.example", "GRANTER=granter@project.example",
		"OPENMETADATA_URL=https://catalog.example/api", "OPENMETADATA_TOKEN=token", "OPENMETADATA_BOT=sekisho-bot",
		"API_AUDIENCE=https://groupapi.example", `API_CLIENTS=[{"account": "client@example.com", "groups": [""], "scopes": []}]`,
		"REQUESTS_AUDIENCES=https://portal.example",
		"SLACK_TOKEN=token", "SLACK_CHANNEL=C1", "SLACK_TEAM_ID=T1", "SLACK_SIGNING_SECRET=secret",
		"FIVETRAN_KEY=key", "FIVETRAN_SECRET=secret",
	}
}

// deaf starts a server that answers every call of a database or bus at once, with an error.
func deaf(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}
