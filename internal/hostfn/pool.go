package hostfn

import "sync"

// Pool keeps what was made of texts, such as parsed templates, by the text. One that is taken belongs to its taker, until
// it is put back. A Pool may be used from any goroutine.
type Pool[T any] struct {
	most  int
	cost  func(text string, made *T) int
	build func(text string) (*T, error)

	mu   sync.Mutex
	free map[string][]*T
	size int // what all that is free costs
}

// NewPool makes a Pool; cost says what one weighs, in bytes: the same for all that are made of one text. Its
// free things cost, together, at most so many bytes.
func NewPool[T any](most int, cost func(text string, made *T) int, build func(text string) (*T, error)) *Pool[T] {
	return &Pool[T]{most: most, cost: cost, build: build, free: map[string][]*T{}}
}

// Take returns one that is free, or builds one. The error is that of building.
func (p *Pool[T]) Take(text string) (*T, error) {
	if t := p.pop(text); t != nil {
		return t, nil
	}
	return p.build(text)
}

func (p *Pool[T]) pop(text string) *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.free[text]
	if len(list) == 0 {
		return nil
	}
	t := list[len(list)-1]
	if p.free[text] = list[:len(list)-1]; len(list) == 1 {
		delete(p.free, text)
	}
	p.size -= p.cost(text, t)
	return t
}

// Put returns a buffer to the pool.
func (p *Pool[T]) Put(text string, t *T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cost := p.cost(text, t)
	for other, list := range p.free { // any: buffers in use are returned later
		if p.size+cost <= p.most {
			break
		}
		p.size -= p.cost(other, list[0]) * len(list)
		delete(p.free, other)
	}
	if p.size+cost > p.most { // it alone is too large
		return
	}
	p.free[text] = append(p.free[text], t)
	p.size += cost
}
