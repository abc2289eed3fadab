package pure

// StatusName names a status; a number that is none is named as the last of statusNames.
func StatusName(status int32) string {
	if status < 0 || int(status) >= len(statusNames) {
		return statusNames[len(statusNames)-1]
	}
	return statusNames[status]
}
