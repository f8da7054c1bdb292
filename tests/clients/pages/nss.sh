echo "to whom it may concern" > document
printf 'GET / HTTP/1.0\r\n\r\n' > request
mkdir folder && cp document folder
openssl req -x509 -newkey rsa:2048 -noenc -keyout other.pem -subj /CN=other -out other.crt
openssl pkcs12 -export -passout pass:changeit -inkey other.pem -in other.crt -name imported -out file.p12
openssl req -x509 -newkey rsa:2048 -noenc -keyout ca.pem -subj /CN=ca -addext basicConstraints=critical,CA:TRUE -out ca.crt
openssl req -new -newkey rsa:2048 -noenc -keyout mail.pem -subj /CN=mail -out mail.csr
printf 'subjectAltName=email:somebody@token.example\nnsCertType=email,objsign\n' > extensions
openssl x509 -req -in mail.csr -CA ca.crt -CAkey ca.pem -extfile extensions -out mail.crt
ferrotoken import mail.pem --label mail
ferrotoken import mail.crt --label mail
openssl cms -encrypt -aes256 -binary -in document -outform DER -out encrypted mail.crt
