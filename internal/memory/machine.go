package memory

import (
	"bufio"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// unknown is what Machine says where the system cannot be asked.
const unknown = 8 << 30

// Machine is the memory, in bytes, that a process may use here: that of the machine, or the least limit
// of the control groups that the process belongs to if that is less. Where neither can be found out,
// which is so outside Linux, it is 8 GiB.
func Machine() int64 { return machine(os.DirFS("/")) }

func machine(root fs.FS) int64 {
	least := int64(0)
	for _, limit := range append(groupLimits(root), total(root)) {
		if limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	if least == 0 {
		return unknown
	}
	return least
}

// total is MemTotal of /proc/meminfo, 0 if there is none.
func total(root fs.FS) int64 {
	file, err := root.Open("proc/meminfo")
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 3 && fields[0] == "MemTotal:" && fields[2] == "kB" {
			kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// groupLimits lists the limits of the process's control groups and of the groups that hold them, of both
// versions: a line of /proc/self/cgroup is ID:CONTROLLERS:PATH, with empty controllers in version 2.
func groupLimits(root fs.FS) []int64 {
	data, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var limits []int64
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		if fields[1] != "" {
			if !strings.Contains(","+fields[1]+",", ",memory,") {
				continue
			}
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			if data, err := fs.ReadFile(root, path.Join(base, group, file)); err == nil {
				limit, _ := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64) // 0 for "max"
				limits = append(limits, limit)
			}
			if group == "/" {
				break
			}
		}
	}
	return limits
}
