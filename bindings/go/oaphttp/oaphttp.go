// Package oaphttp serves over HTTP what an [oap.Monitor] says.
package oaphttp

import (
	"net/http"

	"oap.example/oap"
)

// Readyz answers whether the process is fit to serve at the time of the request: 200, or 503 with Retry-After and what is
// missing.
func Readyz(monitor *oap.Monitor) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		readiness := monitor.Readiness()
		for name, value := range readiness.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(readiness.Status)
		_, _ = w.Write(readiness.Body)
	})
}

// Metrics answers with the page that a Prometheus server scrapes.
func Metrics(monitor *oap.Monitor) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", oap.TextContentType())
		_, _ = w.Write(monitor.Text())
	})
}
