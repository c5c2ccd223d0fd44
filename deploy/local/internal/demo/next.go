package demo

import (
	"fmt"
	"strings"
)

const nextOnThis = `
What to try next

  export ADMIN=$(refersuite token --role ADMIN)
  curl -s "{url}/v1/users/{asha}/postings?currency=INR" -H "Authorization: Bearer $ADMIN"
  curl -s {url}/v1/programs/{program}/leaderboard -H "Authorization: Bearer $ADMIN"
  curl -s {url}/v1/referrals/{gita} -H "Authorization: Bearer $ADMIN"
  curl -s {url}/v1/ledger:reconcile -H "Authorization: Bearer $ADMIN"

  every operation, to try in the browser: {url}/docs
`

const nextOnAnother = `
What to try next: this suite ends now. Start one that stays with "make run", then in another terminal:

  export PATH=$PWD/bin:$PATH ADMIN=$(bin/refersuite token --role ADMIN)
  refersuite demo --url http://127.0.0.1:8080
  curl -s http://127.0.0.1:8080/v1/programs -H "Authorization: Bearer $ADMIN"
  curl -s http://127.0.0.1:8080/v1/ledger:reconcile -H "Authorization: Bearer $ADMIN"

  every operation, to try in the browser: http://127.0.0.1:8080/docs
`

func printNext(o Options, s *story) error {
	text := nextOnAnother
	if o.Stays {
		text = strings.NewReplacer("{url}", s.api.base, "{asha}", s.cast.referrers[0].id, "{program}", s.program,
			"{gita}", s.cast.journeys[5].id).Replace(nextOnThis)
	}
	_, err := fmt.Fprint(o.Out, text)
	return err
}
