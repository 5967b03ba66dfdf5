// Software holds pidfds as programs in Go do, right or wrong, says so on one line, and stays until its input ends.
//
//	software find PARENT HOW_MANY    os.FindProcess of each child of a process, so many times, without Release
//	software spawn HOW_MANY          SysProcAttr.PidFD of so many children, never closed
//	software exec HOW_MANY           so many commands one after the other, and a last one that is still waited for
//
// The line is JSON: the process, how many pidfds it holds, and of how many processes that have ended.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

func require(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	require(err)
	return value
}

func told(pidfds, dead int) {
	fmt.Printf("{\"pid\":%d,\"pidfds\":%d,\"dead\":%d}\n", os.Getpid(), pidfds, dead)
	_, err := io.Copy(io.Discard, bufio.NewReader(os.Stdin))
	require(err)
}

func childrenOf(pid int) []int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	require(err)
	var children []int
	for _, word := range strings.Fields(string(text)) {
		children = append(children, number(word))
	}
	return children
}

// Each process that is found has a pidfd of its own until Release, Wait, or the collector.
func find(parent, times int) {
	var found []*os.Process
	for range times {
		for _, pid := range childrenOf(parent) {
			process, err := os.FindProcess(pid)
			require(err)
			found = append(found, process)
		}
	}
	told(len(found), 0)
	runtime.KeepAlive(found)
}

// The pidfd that SysProcAttr gives is the caller's, who forgets it.
func spawn(times int) {
	for range times {
		var pidfd int
		command := exec.Command("/bin/true")
		command.SysProcAttr = &syscall.SysProcAttr{PidFD: &pidfd}
		require(command.Run())
	}
	told(times, times)
}

// As programs should: each command is waited for, and so its pidfd is closed.
func run(times int) {
	for range times {
		require(exec.Command("/bin/true").Run())
	}
	last := exec.Command("/bin/sleep", "100000")
	last.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	require(last.Start())
	go last.Wait()
	told(1, 0)
}

func main() {
	// What is leaked stays so, whatever the collector would do.
	debug.SetGCPercent(-1)
	switch words := os.Args[1:]; words[0] {
	case "find":
		find(number(words[1]), number(words[2]))
	case "spawn":
		spawn(number(words[1]))
	case "exec":
		run(number(words[1]))
	default:
		os.Exit(2)
	}
}
