package report

import (
	"math"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/load"
	"github.com/hawser-go/hawser/bench/internal/spread"
)

// A metric is one number of a trial; NaN if the trial has none.
type metric func(Trial) float64

// barOf draws a metric's numbers over the rounds.
func barOf(s spread.Spread) chart.Bar { return chart.Bar{Value: s.Median, Low: s.Low, High: s.High} }

// of returns a metric of a server at a workload. A trial in which something went wrong has no numbers.
func (r *Run) of(workload, server string, m metric) spread.Spread {
	var values []float64
	for _, t := range r.Trials {
		if t.Workload == workload && t.Server == server && t.Result.Error == "" {
			values = append(values, m(t))
		}
	}
	return spread.Of(values)
}

// phase makes a metric of a measurement of a trial's i-th phase.
func phase(i int, of func(Trial, load.Measured) float64) metric {
	return func(t Trial) float64 {
		if i >= len(t.Result.Phases) {
			return math.NaN()
		}
		return of(t, t.Result.Phases[i])
	}
}

// thousandsPerCPU is thousands of what was counted, for each CPU-second of the server.
func thousandsPerCPU(_ Trial, m load.Measured) float64 { return perCPU(m) / 1e3 }

func thousandsPerSecond(_ Trial, m load.Measured) float64 { return float64(m.Count) / m.Seconds / 1e3 }

// thousandsPerLoadCPU is thousands of what was counted, for each CPU-second of the clients.
func thousandsPerLoadCPU(_ Trial, m load.Measured) float64 { return float64(m.Count) / m.LoadCPU / 1e3 }

func longest(_ Trial, m load.Measured) float64 { return ms(m.Longest) }

func serverCores(_ Trial, m load.Measured) float64 { return m.ServerCPU / m.Seconds }
func loadCores(_ Trial, m load.Measured) float64   { return m.LoadCPU / m.Seconds }

func p50(_ Trial, m load.Measured) float64 {
	if m.Latency == nil {
		return math.NaN()
	}
	return ms(m.Latency.P50)
}

func p99(_ Trial, m load.Measured) float64 {
	if m.Latency == nil {
		return math.NaN()
	}
	return ms(m.Latency.P99)
}

func connects(t Trial) float64 { return perCPU(t.Result.Connect) / 1e3 }

func goroutines(t Trial, m load.Measured) float64 {
	if m.Usage.Goroutines == 0 {
		return math.NaN()
	}
	return float64(m.Usage.Goroutines-t.Result.Before.Goroutines) / float64(t.Connections)
}
