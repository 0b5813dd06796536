/* sandbox.c - what the child gives up before it touches the database.
 *
 * In this order: resource limits, no_new_privs, landlock (files), seccomp
 * (system calls). DuckDB's library is loaded already; no thread exists yet, so
 * every later one inherits all of it. seccomp is a list of what is denied, not
 * of what is allowed: DuckDB, the C library and the sanitizers use different
 * calls on different kernels, and a database process that dies on a new kernel
 * protects nobody. Denied calls fail with EPERM. */
#include "db/executor_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights that old headers lack; their values are the kernel's interface. */
enum { LANDLOCK_REFER = 1 << 13, LANDLOCK_TRUNCATE = 1 << 14, LANDLOCK_IOCTL = 1 << 15 };

#define LANDLOCK_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_FILE_WRITE \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
#define LANDLOCK_OTHER                                                                \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static void limit(int what, rlim_t value)
{
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)what, &now))
        return;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
        value = now.rlim_max;
    now = (struct rlimit){value, value};
    setrlimit((__rlimit_resource_t)what, &now);
}

static void limits(const ask_open *m)
{
    limit(RLIMIT_CORE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* texts that a statement makes are outside DuckDB's own limit */
    limit(RLIMIT_DATA, (rlim_t)m->memory_bytes * 5 / 4 + ((rlim_t)1 << 30));
#endif
    limit(RLIMIT_NOFILE, 256);
    if (m->mode == MODE_READ) /* then only temporary files are written */
        limit(RLIMIT_FSIZE, (rlim_t)m->temporary_bytes);
}

/* ---- files ------------------------------------------------------------ */

static bool allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    struct stat st;
    bool ok;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT; /* nothing there, nothing to allow */
    if (!fstat(rule.parent_fd, &st) && !S_ISDIR(st.st_mode))
        rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                               LANDLOCK_TRUNCATE;
    ok = !syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return ok;
}

static bool allow_folder_of(int ruleset, const char *path, uint64_t rights)
{
    const char *slash = strrchr(path, '/');
    str folder = {0};
    bool ok;

    if (slash && slash > path)
        str_add(&folder, path, (size_t)(slash - path));
    else
        str_adds(&folder, slash ? "/" : ".");
    ok = !folder.bad && allow(ruleset, folder.text, rights);
    str_deinit(&folder);
    return ok;
}

static bool allow_database(int ruleset, const ask_open *m, uint64_t write)
{
    str wal = {0};
    bool ok;

    if (m->mode != MODE_READ) /* its folder is a new one of our own */
        return allow_folder_of(ruleset, m->path, LANDLOCK_READ | write) &&
               (!*m->source || allow(ruleset, m->source, LANDLOCK_READ));
    str_addf(&wal, "%s.wal", m->path);
    ok = !wal.bad && allow(ruleset, m->path, LANDLOCK_READ) &&
         allow(ruleset, wal.text, LANDLOCK_READ);
    str_deinit(&wal);
    return ok;
}

static bool files(const ask_open *m)
{
    /* what DuckDB asks of the machine; it aborts when it sees a cgroup's limits
     * and may not read them */
    static const char *const system_files[] = {"/proc/self", "/proc/meminfo", "/dev/urandom",
                                               "/sys/devices/system/cpu", "/sys/fs/cgroup"};
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                                 LANDLOCK_CREATE_RULESET_VERSION);
    const uint64_t write = LANDLOCK_FILE_WRITE | (version >= 3 ? (uint64_t)LANDLOCK_TRUNCATE : 0);
    struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_READ | write |
                                                              LANDLOCK_OTHER};
    int ruleset;
    bool ok;

    if (version < 1)
        return false;
    attr.handled_access_fs |= version >= 2 ? (uint64_t)LANDLOCK_REFER : 0;
    attr.handled_access_fs |= version >= 5 ? (uint64_t)LANDLOCK_IOCTL : 0;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        return false;
    ok = allow_database(ruleset, m, write) && allow(ruleset, m->library, LANDLOCK_READ) &&
         allow(ruleset, m->temporary, LANDLOCK_READ | write);
    for (size_t i = 0; ok && i < sizeof system_files / sizeof *system_files; i++)
        ok = allow(ruleset, system_files[i], LANDLOCK_READ);
    ok = ok && !syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return ok;
}

/* ---- system calls ----------------------------------------------------- */

static const int denied[] = {
    /* network */
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen),
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
    /* other programs and processes */
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kill),
    SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(setpgid), SCMP_SYS(setsid),
    SCMP_SYS(process_madvise), SCMP_SYS(setrlimit),
    /* who it is, and where its root is */
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid),
    SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid), SCMP_SYS(capset), SCMP_SYS(personality), SCMP_SYS(unshare),
    SCMP_SYS(setns), SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(mount),
    SCMP_SYS(umount2), SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
    /* files beyond their content */
    SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mknod),
    SCMP_SYS(mknodat), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown),
    SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(inotify_add_watch), SCMP_SYS(fanotify_init),
    /* the kernel itself */
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(add_key),
    SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
    SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime), SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(syslog),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(modify_ldt), SCMP_SYS(vhangup),
    /* memory shared with others */
    SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(msgget), SCMP_SYS(msgsnd),
    SCMP_SYS(msgrcv), SCMP_SYS(semget), SCMP_SYS(semop), SCMP_SYS(mq_open),
};

static bool deny_by_argument(scmp_filter_ctx f)
{
    const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);
    const scmp_datum_t own = (scmp_datum_t)getpid();

    /* threads yes, processes no; without clone3 the C library uses clone,
     * whose flags a filter can see */
    return !seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) &&
           !seccomp_rule_add(f, eperm, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) &&
           !seccomp_rule_add(f, eperm, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_NE, own)) &&
           /* limits are read, not changed */
           !seccomp_rule_add(f, eperm, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_NE, 0)) &&
           /* send() on the inherited socket yes, to an address no */
           !seccomp_rule_add(f, eperm, SCMP_SYS(sendto), 1, SCMP_A4(SCMP_CMP_NE, 0)) &&
           !seccomp_rule_add(f, eperm, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TIOCSTI));
}

static bool system_calls(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = f != NULL;

    /* a negative number is a call that this CPU does not have */
    for (size_t i = 0; ok && i < sizeof denied / sizeof *denied; i++)
        ok = denied[i] < 0 || !seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    ok = ok && deny_by_argument(f) && !seccomp_load(f);
    seccomp_release(f);
    return ok;
}

void sandbox_enter(const ask_open *m, str *note)
{
    const char *missing[3];
    int n = 0;

    limits(m);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        missing[n++] = "no_new_privs";
    if (!files(m))
        missing[n++] = "landlock (limits on files)";
    if (!system_calls())
        missing[n++] = "seccomp (limits on system calls)";
    for (int i = 0; i < n; i++)
        str_addf(note, "%s%s", i ? ", " : "the kernel does not grant ", missing[i]);
    if (n)
        str_adds(note, ": the database process is less confined than it could be");
}
