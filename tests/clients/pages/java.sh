echo "to whom it may concern" > document
jar --create --file program.jar document
openssl req -x509 -newkey rsa:2048 -noenc -keyout other.pem -subj /CN=other -out other.crt
openssl pkcs12 -export -passout pass:changeit -inkey other.pem -in other.crt -name imported -out file.p12
# The answer to the request: a certificate for the key of the token.
openssl req -x509 -newkey rsa:2048 -noenc -keyout ca.pem -subj /CN=ca -addext basicConstraints=critical,CA:TRUE -out ca.crt
ferrotoken export --label www --class public --out www.pub
openssl x509 -new -force_pubkey www.pub -subj /CN=www.example -CA ca.crt -CAkey ca.pem -out answer.crt
cat ca.crt >> answer.crt
