package sim

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Agenda holds what a simulated vendor will do at a later time on the controlled clock:
// deliver a notification, end a channel, let a change become visible.
//
// Things due at the same instant run in the order in which they were added. An Agenda is
// safe for concurrent use; the things themselves run one at a time, outside the lock, so that
// they may add to the agenda.
type Agenda struct {
	mu    sync.Mutex
	items agendaHeap
	seq   int
}

// At adds do, to be run when the clock reaches t.
func (a *Agenda) At(t time.Time, do func(context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	heap.Push(&a.items, agendaItem{at: t, seq: a.seq, do: do})
}

// Next reports when the next thing is due. The boolean is false when the agenda is empty.
func (a *Agenda) Next() (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.items) == 0 {
		return time.Time{}, false
	}
	return a.items[0].at, true
}

// RunNext runs the earliest thing that is due at now and reports whether there was one.
func (a *Agenda) RunNext(ctx context.Context, now time.Time) bool {
	a.mu.Lock()
	if len(a.items) == 0 || a.items[0].at.After(now) {
		a.mu.Unlock()
		return false
	}
	item := heap.Pop(&a.items).(agendaItem)
	a.mu.Unlock()
	item.do(ctx)
	return true
}

type agendaItem struct {
	at  time.Time
	seq int
	do  func(context.Context)
}

type agendaHeap []agendaItem

func (h agendaHeap) Len() int { return len(h) }
func (h agendaHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}
func (h agendaHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *agendaHeap) Push(x any)   { *h = append(*h, x.(agendaItem)) }
func (h *agendaHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = agendaItem{}
	*h = old[:len(old)-1]
	return last
}
