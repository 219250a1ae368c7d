// Package emulator starts Google's own emulators of Firestore and Pub/Sub, which come with the
// Google Cloud SDK and need Java, so that the adapters are tested against what Google wrote.
//
// An emulator that runs already is used where FIRESTORE_EMULATOR_HOST or PUBSUB_EMULATOR_HOST
// names it. Tests call [Firestore] and [PubSub]; programs call [Start].
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// Kind says what is emulated.
type Kind string

// The emulators that can be started.
const (
	KindFirestore Kind = "firestore"
	KindPubSub    Kind = "pubsub"
)

// ErrNotInstalled says that the emulator or Java is not on this machine.
var ErrNotInstalled = errors.New("emulator is not installed")

// programs says how each kind is started: with the SDK's own script.
var programs = map[Kind]struct {
	hostVariable string // Google's client libraries read it
	component    string // its name in the SDK
	path         string // of the script, below the SDK
	arguments    []string
}{
	KindFirestore: {
		"FIRESTORE_EMULATOR_HOST", "cloud-firestore-emulator",
		"platform/cloud-firestore-emulator/cloud_firestore_emulator",
		[]string{"start", "--database-mode=firestore-native"},
	},
	KindPubSub: {
		"PUBSUB_EMULATOR_HOST", "pubsub-emulator",
		"platform/pubsub-emulator/bin/cloud-pubsub-emulator", nil,
	},
}

const (
	// startLimit is how long an emulator may take until it answers.
	startLimit = time.Minute
	// stopLimit is how long an emulator may take to end by itself before it is killed.
	stopLimit = 5 * time.Second
	// portAttempts is how many ports are tried: between choosing a free one and its use
	// somebody else can take it.
	portAttempts = 3
)

// Emulator is a running emulator.
type Emulator struct {
	// Host is its address, host:port, on the loopback interface.
	Host string

	stop  context.CancelFunc
	ended chan struct{} // closed when the process has ended; nil where it is not ours
}

// Start returns an emulator that answers: the one that the environment names, or a new
// process on a free loopback port. The new process ends with [Emulator.Stop], and on Linux
// also with the program that started it, however that ends. The context bounds the start only.
//
// The error is [ErrNotInstalled] where there is none to start.
func Start(ctx context.Context, kind Kind) (*Emulator, error) {
	program, ok := programs[kind]
	if !ok {
		return nil, fmt.Errorf("start emulator %q: unknown kind", kind)
	}
	if host := os.Getenv(program.hostVariable); host != "" {
		return &Emulator{Host: host}, nil
	}
	script, java, err := find(kind, sdkFolders())
	if err != nil {
		return nil, err
	}
	var errs []error
	for range portAttempts {
		e, err := launch(ctx, script, java, program.arguments)
		if err == nil {
			return e, nil
		}
		errs = append(errs, fmt.Errorf("start %s emulator: %w", kind, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// Stop ends the emulator and waits for its end. An emulator that was running already keeps
// running.
func (e *Emulator) Stop() {
	if e.ended == nil {
		return
	}
	e.stop()
	<-e.ended
}

// find returns the paths of an emulator's script, in the first SDK that has it, and of Java.
func find(kind Kind, sdks []string) (script, java string, err error) {
	program := programs[kind]
	for _, sdk := range sdks {
		path := filepath.Join(sdk, filepath.FromSlash(program.path))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			script = path
			break
		}
	}
	if script == "" {
		return "", "", fmt.Errorf("%s: %w: install the Google Cloud SDK's component %s, or set %s",
			kind, ErrNotInstalled, program.component, program.hostVariable)
	}
	java = "java"
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java = filepath.Join(home, "bin", "java")
	}
	if java, err = exec.LookPath(java); err != nil {
		return "", "", fmt.Errorf("%s: %w: it needs Java: %w", kind, ErrNotInstalled, err)
	}
	return script, java, nil
}

// sdkFolders returns where the Google Cloud SDK may be, the likeliest first.
func sdkFolders() []string {
	var folders []string
	if root := os.Getenv("CLOUDSDK_ROOT_DIR"); root != "" {
		folders = append(folders, root)
	}
	if gcloud, err := exec.LookPath("gcloud"); err == nil {
		if target, err := filepath.EvalSymlinks(gcloud); err == nil {
			folders = append(folders, filepath.Dir(filepath.Dir(target)))
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, "google-cloud-sdk"))
	}
	return append(folders,
		"/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/usr/local/google-cloud-sdk", "/opt/google-cloud-sdk",
		"/usr/local/share/google-cloud-sdk", "/opt/homebrew/share/google-cloud-sdk", "/snap/google-cloud-cli/current")
}

// launch starts one process and waits until it answers.
func launch(ctx context.Context, script, java string, arguments []string) (*Emulator, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	e := &Emulator{Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), stop: stop, ended: make(chan struct{})}
	output := &tail{}
	command := exec.CommandContext(running, script, append(arguments, "--host=127.0.0.1", fmt.Sprintf("--port=%d", port))...)
	command.Stdout, command.Stderr = output, output
	command.WaitDelay = stopLimit
	// Both scripts end in a call of Java: Pub/Sub's by exec, Firestore's as a child that would
	// outlive the script. Firestore's takes the command from JAVA and splits it, so that an exec
	// put before it makes Java take the script's place there too.
	command.Env = append(os.Environ(), "JAVA=exec "+java)
	bind(command)

	started := make(chan error)
	go func() {
		// Linux sends the signal that bind asks for when the thread that started the process
		// ends, so that this thread must stay until then.
		runtime.LockOSThread()
		defer close(e.ended)
		err := command.Start()
		started <- err
		if err == nil {
			command.Wait() //nolint:errcheck // that it ended is all that matters
		}
	}()
	if err := <-started; err != nil {
		stop()
		return nil, err
	}
	if err := e.await(ctx); err != nil {
		e.Stop()
		return nil, fmt.Errorf("%w; it said: %s", err, output)
	}
	return e, nil
}

// await returns when the emulator answers.
func (e *Emulator) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Host+"/", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			return nil
		}
		select {
		case <-again.C:
		case <-e.ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("wait for its answer: %w", ctx.Err())
		}
	}
}

// freePort returns a TCP port of the loopback interface that nobody uses now.
func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// tail keeps the end of what an emulator writes, for error messages.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - most; extra > 0 {
		t.text = append([]byte(nil), t.text[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
