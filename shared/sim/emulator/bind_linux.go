package emulator

import (
	"os/exec"
	"syscall"
)

// bind makes the process end with the one that starts it, and gives it a process group of its
// own, so that an interrupt from the terminal reaches only the program, which then stops it.
func bind(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
}
