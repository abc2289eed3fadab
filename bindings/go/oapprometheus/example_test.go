package oapprometheus_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"oap.example/oap"
	"oap.example/oap/oapprometheus"
)

func ExampleNew() {
	monitor := oap.NewMonitor(nil)

	registry := prometheus.NewRegistry()
	registry.MustRegister(oapprometheus.New(monitor))
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))

	families, err := registry.Gather()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(families), "metrics")
	// Output: 10 metrics
}
