//go:build !linux

package emulator

import "os/exec"

// bind does nothing: other systems cannot end a process with the one that started it. The
// process stays in the program's process group, so that an interrupt from the terminal ends
// both.
func bind(*exec.Cmd) {}
