openssl req -x509 -newkey rsa:2048 -noenc -keyout key.pem -subj /CN=other -out other.pem
