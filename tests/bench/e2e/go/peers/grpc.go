package main

import (
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"oap.example/oap-e2e-peers/bench"
	"oap.example/oap-e2e/scenario"
)

type grpcClient struct {
	conn   *grpc.ClientConn
	bench  bench.BenchClient
	stream grpc.BidiStreamingClient[bench.Message, bench.Message]
}

func (c *grpcClient) Connect(address string, fresh bool) (err error) {
	c.conn, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	c.bench = bench.NewBenchClient(c.conn)
	if !fresh {
		c.conn.Connect()
		for state := c.conn.GetState(); state.String() != "READY"; state = c.conn.GetState() {
			c.conn.WaitForStateChange(always, state)
		}
	}
	return nil
}

func (c *grpcClient) Stream(s *scenario.Scenario) (uint64, error) {
	stream, err := c.bench.Stream(always)
	if err != nil {
		return 0, err
	}
	for body := range s.Bodies() {
		if err := stream.Send(&bench.Message{Body: body}); err != nil {
			return 0, err
		}
	}
	sum, err := stream.CloseAndRecv()
	return sum.GetSum(), err
}

func (c *grpcClient) Begin() (err error) {
	c.stream, err = c.bench.Ping(always)
	return err
}

func (c *grpcClient) Send(body []byte) error { return c.stream.Send(&bench.Message{Body: body}) }

func (c *grpcClient) Receive() ([]byte, error) {
	message, err := c.stream.Recv()
	return message.GetBody(), err
}

func (c *grpcClient) End() error { return c.stream.CloseSend() }

func (c *grpcClient) Close() error { return c.conn.Close() }

type grpcServer struct {
	bench.UnimplementedBenchServer
	*server
}

func (v grpcServer) Stream(stream grpc.ClientStreamingServer[bench.Message, bench.Sum]) error {
	defer v.left.Done()
	tally := v.scenario.Tally()
	for {
		message, err := stream.Recv()
		if err == io.EOF {
			v.report.Add(tally)
			return stream.SendAndClose(&bench.Sum{Sum: tally.Sum})
		}
		if err != nil {
			return err
		}
		tally.Add(message.Body)
	}
}

func (v grpcServer) Ping(stream grpc.BidiStreamingServer[bench.Message, bench.Message]) error {
	defer v.left.Done()
	tally := v.scenario.Tally()
	for {
		message, err := stream.Recv()
		if err == io.EOF {
			v.report.Add(tally)
			return nil
		}
		if err != nil {
			return err
		}
		tally.Add(message.Body)
		if err := stream.Send(message); err != nil {
			return err
		}
	}
}

func serveGRPC(s *scenario.Scenario) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	server, service := newServer(s), grpc.NewServer()
	bench.RegisterBenchServer(service, grpcServer{server: server})
	go service.Serve(listener)
	err = server.wait()
	service.GracefulStop()
	return err
}
