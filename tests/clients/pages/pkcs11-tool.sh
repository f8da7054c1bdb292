echo "to whom it may concern" > document
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out key.der
openssl req -x509 -key key.der -subj /CN=other -outform DER -out cert.der
openssl pkey -in key.der -pubout -out key.pub
echo forty-two | openssl pkeyutl -encrypt -pubin -inkey key.pub -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -out encrypted
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem
openssl pkey -in peer.pem -pubout -outform DER -out peer.der
