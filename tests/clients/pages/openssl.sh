echo "to whom it may concern" > document
printf 'GET / HTTP/1.0\r\n\r\n' > request.http
printf 123456 > /etc/ssl/private/token.pin
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem
openssl pkey -in peer.pem -pubout -out peer.pub
openssl pkeyutl -encrypt -certin -inkey rsa.pem -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 \
    -in document -out encrypted
