package netlab

import "time"

// vitals are what faults know of a connection.
type vitals struct {
	opened time.Time
	active time.Time // when a byte last passed, in either direction
	up     int64     // bytes that passed
	down   int64

	carries Traffic
	began   time.Time // since when it carries that
	upAt    int64     // bytes that had passed then
	downAt  int64
}

// since returns when the traffic that is asked about began, and how many bytes have passed since in a direction, or in both.
func (v *vitals) since(only Traffic, d Direction) (time.Time, int64) {
	began, up, down := v.opened, v.up, v.down
	if only != Anything {
		began, up, down = v.began, v.up-v.upAt, v.down-v.downAt
	}
	switch d {
	case Up:
		return began, up
	case Down:
		return began, down
	default:
		return began, up + down
	}
}

func (v *vitals) passed(d Direction, n int) {
	v.active = time.Now()
	if d == Up {
		v.up += int64(n)
	} else {
		v.down += int64(n)
	}
}

func (v *vitals) carry(t Traffic) {
	v.carries, v.began, v.upAt, v.downAt = t, time.Now(), v.up, v.down
	v.active = v.began
}
