import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isObject } from '../../internal/json.ts';

/** Who holds a run. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Which boot, and which space of process ids (a container has its own): a pid means something only within one. Linux only. */
  readonly space: string;
  /** When the process began, in the kernel's ticks: pids are given again, this is not. Linux only. */
  readonly started: string;
  /** Tells owners in one process apart. */
  readonly id: string;
}

/** A new owner in this process. */
export function newOwner(): Owner {
  const { pid } = process;
  const started = processOf(pid)?.started ?? '';
  return { pid, host: hostname(), space: spaceOfPids(), started, id: randomBytes(8).toString('hex') };
}

/**
 * Whether a run's owner can still be at work, as `me` sees it. Where the process can be looked at, that decides; else the
 * owner must have renewed its lease less than `leaseMs` ago.
 */
export function isLive(owner: Owner, me: Owner, { ageMs, leaseMs }: { ageMs: number; leaseMs: number }): boolean {
  // A clock that was set back makes an age negative: that is no reason to wait for longer.
  const isRecent = Math.abs(ageMs) < leaseMs;
  if (owner.host !== me.host || owner.space !== me.space) return isRecent;
  if (!exists(owner.pid)) return false;
  if (me.started === '') return isRecent;
  const now = processOf(owner.pid);
  if (now === undefined) return isRecent;
  return now.started === owner.started && !now.isDead;
}

/** An owner as it was stored; nothing when it is none. */
export function ownerFrom(value: unknown): Owner | undefined {
  if (!isObject(value)) return undefined;
  const { pid, host, space, started, id } = value;
  if (typeof pid !== 'number' || typeof host !== 'string' || typeof space !== 'string') return undefined;
  return typeof started === 'string' && typeof id === 'string' ? { pid, host, space, started, id } : undefined;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** From /proc/<pid>/stat, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: fields 3 and 22. */
function processOf(pid: number): { readonly started: string; readonly isDead: boolean } | undefined {
  try {
    // The second field is the program's name in parentheses, which may hold spaces and parentheses of its own.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // A dead process stays listed until its parent has asked how it ended.
    return { started: fields[19] ?? '', isDead: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}

function spaceOfPids(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
