// A gateway of github.com/openpcc/ohttp, for the probe. Its port is printed.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/cloudflare/circl/hpke"
	"github.com/openpcc/ohttp"
)

func main() {
	kem := hpke.KEM_X25519_HKDF_SHA256
	public, private, err := kem.Scheme().GenerateKeyPair()
	check(err)
	suite := ohttp.SymmetricAlgorithm{KDFID: hpke.KDF_HKDF_SHA256, AEADID: hpke.AEAD_AES128GCM}
	config := ohttp.KeyConfig{
		KeyID: 1, KemID: kem, PublicKey: public, SymmetricAlgorithms: []ohttp.SymmetricAlgorithm{suite},
	}
	keys, err := ohttp.KeyConfigs{config}.MarshalBinary()
	check(err)
	gateway, err := ohttp.NewGateway(
		ohttp.KeyPair{SecretKey: private, KeyConfig: config},
		ohttp.WithRequestValidator(ohttp.NewHostnameAllowlist("target.example")),
	)
	check(err)
	http.Handle("/gateway", ohttp.Middleware(gateway, http.HandlerFunc(target)))
	http.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/ohttp-keys")
		_, _ = w.Write(keys)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	check(http.Serve(listener, nil))
}

func target(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write([]byte("hello"))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
