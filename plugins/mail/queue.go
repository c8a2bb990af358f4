package mail

import (
	"context"
	"log/slog"
	"sync"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxQueued is how many bytes of mail may wait in the queue.
const maxQueued = 64 << 20

// queue is the mails that wait, and the workers that deliver them. Workers start with the first mail.
type queue struct {
	size, workers int
	ctx           context.Context // of deliveries
	giveUp        context.CancelFunc
	done          sync.WaitGroup // workers

	mu      sync.Mutex
	jobs    chan queued // nil before the first mail
	bytes   int
	stopped bool
}

type queued struct {
	*job
	log *slog.Logger // of the run that sent it: carries wid, flow and node
}

func newQueue(size, workers int) *queue {
	q := &queue{size: size, workers: workers}
	q.ctx, q.giveUp = context.WithCancel(context.Background())
	return q
}

// put adds a mail; it does not wait.
func (q *queue) put(j *job, log *slog.Logger) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return fault.New(fault.Unavailable, "%s: the server is stopping and takes no more mail", j.fn)
	}
	if q.jobs == nil {
		q.jobs = make(chan queued, q.size)
		for range q.workers {
			q.done.Go(q.work)
		}
	}
	if q.bytes+j.message.size > maxQueued {
		return full(j)
	}
	select {
	case q.jobs <- queued{j, log}:
		q.bytes += j.message.size
		return nil
	default:
		return full(j)
	}
}

func full(j *job) error {
	return fault.New(fault.Unavailable, "%s: too many mails wait to be sent; try again later", j.fn)
}

// work delivers mails until the queue is closed and empty.
func (q *queue) work() {
	for j := range q.jobs {
		q.mu.Lock()
		q.bytes -= j.message.size
		q.mu.Unlock()
		if err := j.server.deliver(q.ctx, j.message); err != nil {
			f := explain(j.job, err)
			j.log.Error("mail not sent", "error", f, "recipients", j.message.recipients)
			continue
		}
		j.log.Debug("mail sent", "recipients", j.message.recipients)
	}
}

// stop takes no more mails and waits until all are delivered, or until ctx is done.
func (q *queue) stop(ctx context.Context) error {
	q.mu.Lock()
	if !q.stopped && q.jobs != nil {
		close(q.jobs)
	}
	q.stopped = true
	q.mu.Unlock()
	stop := context.AfterFunc(ctx, q.giveUp)
	q.done.Wait()
	defer q.giveUp()
	if !stop() {
		return context.Cause(ctx)
	}
	return nil
}
